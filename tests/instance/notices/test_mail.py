"""Mail by SMTP: what a real server is told, and that nothing in it names the instance or an illness."""

import socket
import threading
from email import message_from_bytes, policy

from instance.auth.registration import SignUp, sign_up
from tests.support.world import World


class Mailbox(threading.Thread):
    """A mail server for one letter."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.commands: list[str] = []
        self.letter = b""

    def run(self) -> None:
        talk, _ = self.listener.accept()
        with talk, talk.makefile("rwb") as line, self.listener:
            line.write(b"220 mail\r\n")
            line.flush()
            while said := line.readline():
                command = said.decode().strip().upper()
                self.commands.append(command)
                if command == "DATA":
                    line.write(b"354 go on\r\n")
                    line.flush()
                    while (part := line.readline()) != b".\r\n":
                        self.letter += part
                line.write(b"221 bye\r\n" if command == "QUIT" else b"250 ok\r\n")
                line.flush()


async def test_a_letter_goes_out_by_smtp(world: World) -> None:
    box = Mailbox()
    box.start()
    mail = {"SKERRY_MAIL_URL": f"smtp://127.0.0.1:{box.port}", "SKERRY_MAIL_FROM": "post@a.example"}
    running = await world.instance(SKERRY_NAME="Circle of the Ill", **mail)
    await running.house.store.unit(sign_up, SignUp("ada", "x", email="ada@mail.example"))
    await world.settle()
    box.join(10)
    letter = message_from_bytes(box.letter, policy=policy.default)
    assert (letter["From"], letter["To"]) == ("post@a.example", "ada@mail.example")
    assert letter["Subject"] == "Please confirm this address"
    assert "https://a.example/link/confirm/" in letter.get_content()
    assert b"Circle" not in box.letter
