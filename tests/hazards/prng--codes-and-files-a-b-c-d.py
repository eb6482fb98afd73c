# snapshot-prng
import os, random, secrets, string
import numpy as np
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
@app.entrypoint
def otp(payload):
    path(); ticket(); sample([1]); return "".join(random.choices(string.digits, k=6))  # expect: snapshot-prng high
rng = np.random.default_rng()
def path(): return f"s3://out/{rng.integers(1 << 60):x}.json"  # expect: snapshot-prng high
def ticket(): return secrets.token_hex(8)
def sample(xs): return random.Random(os.urandom(16)).choice(xs)
app.run()
