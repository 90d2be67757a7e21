"""The words that promises are made of, and the W3C terms (DPV 2.3, ODRL 2.2) that they are published as."""

from enum import StrEnum

from policies.words import Sentence, say


class Purpose(StrEnum):
    """What data held here may be used for, or is never disclosed for."""

    COMMUNICATION = "communication"
    SECURITY = "security"
    SERVICE = "service"
    SEARCH = "search"
    ADVERTISING = "advertising"
    SALE = "sale"
    COMMERCIAL_RESEARCH = "commercial_research"
    SCIENTIFIC_RESEARCH = "scientific_research"
    ACADEMIC_RESEARCH = "academic_research"
    NON_COMMERCIAL_RESEARCH = "non_commercial_research"


PURPOSES: dict[Purpose, str] = {
    Purpose.COMMUNICATION: "dpv:CommunicationManagement",
    Purpose.SECURITY: "dpv:EnforceSecurity",
    Purpose.SERVICE: "dpv:ServiceProvision",
    Purpose.SEARCH: "dpv:SearchFunctionalities",
    Purpose.ADVERTISING: "dpv:Advertising",
    Purpose.SALE: "dpv:SellDataToThirdParties",
    Purpose.COMMERCIAL_RESEARCH: "dpv:CommercialResearch",
    Purpose.SCIENTIFIC_RESEARCH: "dpv:ScientificResearch",
    Purpose.ACADEMIC_RESEARCH: "dpv:AcademicResearch",
    Purpose.NON_COMMERCIAL_RESEARCH: "dpv:NonCommercialResearch",
}
USUAL = frozenset({Purpose.COMMUNICATION, Purpose.SECURITY, Purpose.SERVICE})


class Use(StrEnum):
    """What is never done with the words of others."""

    INDEX = "index"
    DISTRIBUTE = "distribute"
    MODEL_TRAINING = "model_training"
    PROFILING = "profiling"


USES: dict[Use, str] = {
    Use.INDEX: "odrl:index",
    Use.DISTRIBUTE: "odrl:distribute",
    Use.MODEL_TRAINING: "dpv-ai:ModelTraining",
    Use.PROFILING: "dpv:Profiling",
}


class Measure(StrEnum):
    """How data held here is guarded."""

    ENCRYPTION_AT_REST = "encryption_at_rest"
    ENCRYPTION_IN_TRANSFER = "encryption_in_transfer"
    END_TO_END_ENCRYPTION = "end_to_end_encryption"
    PSEUDONYMS = "pseudonyms"
    ACCESS_CONTROL = "access_control"
    ACCESS_LOG = "access_log"
    ERASURE = "erasure"


MEASURES: dict[Measure, str] = {
    Measure.ENCRYPTION_AT_REST: "dpv:EncryptionAtRest",
    Measure.ENCRYPTION_IN_TRANSFER: "dpv:EncryptionInTransfer",
    Measure.END_TO_END_ENCRYPTION: "dpv:EndToEndEncryption",
    Measure.PSEUDONYMS: "dpv:Pseudonymisation",
    Measure.ACCESS_CONTROL: "dpv:AccessControlMethod",
    Measure.ACCESS_LOG: "dpv:LoggingPolicy",
    Measure.ERASURE: "dpv:DataErasurePolicy",
}


class PersonalData(StrEnum):
    """What kinds of sensitive data members may write about here."""

    HEALTH = "health"
    GENETIC = "genetic"
    SEXUAL = "sexual"
    MENTAL_HEALTH = "mental_health"


PERSONAL_DATA: dict[PersonalData, str] = {
    PersonalData.HEALTH: "pd:MedicalHealth",
    PersonalData.GENETIC: "pd:Genetic",
    PersonalData.SEXUAL: "pd:Sexual",
    PersonalData.MENTAL_HEALTH: "pd:MentalHealth",
}


class LegalBasis(StrEnum):
    """By what right data is held."""

    NOT_SAID = "not_said"
    CONSENT = "consent"


LEGAL_BASES: dict[LegalBasis, str] = {
    LegalBasis.NOT_SAID: "",
    LegalBasis.CONSENT: "dpv:ExplicitlyExpressedConsent",
}


class StaffAccess(StrEnum):
    """What happens when those who run the server look at what is not addressed to them; from mild to strict."""

    UNLOGGED = "unlogged"
    LOGGED = "logged"
    LOGGED_AND_DISCLOSED = "logged_and_disclosed"


LOOKS: dict[StaffAccess, Sentence] = {
    StaffAccess.UNLOGGED: say("not written down"),
    StaffAccess.LOGGED: say("written down"),
    StaffAccess.LOGGED_AND_DISCLOSED: say("written down, and told to those concerned"),
}
STAFF_ACCESS: dict[StaffAccess, str] = {
    StaffAccess.UNLOGGED: "unlogged",
    StaffAccess.LOGGED: "logged",
    StaffAccess.LOGGED_AND_DISCLOSED: "loggedAndDisclosed",
}


class Ending(StrEnum):
    """After what the copies held here are deleted."""

    DELETION = "deletion"
    MEMBERSHIP_ENDED = "membership_ended"


ENDINGS: dict[Ending, str] = {
    Ending.DELETION: "skerry:Deletion",
    Ending.MEMBERSHIP_ENDED: "skerry:MembershipEnded",
}


class Assurance(StrEnum):
    """What we know of a peer's promises, from nothing to a named person's look."""

    NONE = "none"
    CLAIMED = "claimed"
    AGREED = "agreed"
    PROBED = "probed"
    AUDITED = "audited"
