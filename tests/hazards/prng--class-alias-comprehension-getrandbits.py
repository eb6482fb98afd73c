# snapshot-prng
from random import randint as ri, getrandbits, sample
import random as r, string
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
class Codes:
    def __init__(self): self.rng = r.Random()
    def otp(self): return "".join(str(self.rng.randint(0, 9)) for _ in range(6))  # expect: snapshot-prng high
codes = Codes()
def booking_reference(): return "BK" + str(ri(10**6, 10**7))  # expect: snapshot-prng high
def trace_id(): return f"{getrandbits(128):032x}"  # expect: snapshot-prng high
def password(): return "".join(sample(string.ascii_letters, 12))  # expect: snapshot-prng high
@app.entrypoint
def run(p): return codes.otp(), booking_reference(), trace_id(), password()
