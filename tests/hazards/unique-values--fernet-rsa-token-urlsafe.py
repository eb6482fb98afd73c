# snapshot-unique-values
import secrets
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import rsa
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
box = Fernet(Fernet.generate_key())  # expect: snapshot-unique-values high
SIGNER = rsa.generate_private_key(public_exponent=65537, key_size=2048)  # expect: snapshot-unique-values high
STATE = secrets.token_urlsafe(16)  # expect: snapshot-unique-values medium
class Worker:
    name = f"w-{secrets.token_hex(4)}"  # expect: snapshot-unique-values medium
@app.entrypoint
def run(p): return box.encrypt(b"x"), SIGNER.sign(b""), STATE, Worker.name
