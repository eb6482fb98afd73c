# snapshot-prng
import random, numpy as np, secrets
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
GREETINGS = ["hi", "hello"]
sysrand = random.SystemRandom()
@app.entrypoint
def run(p):
    greet = random.choice(GREETINGS)
    noise = np.random.normal(size=10)
    code = "".join(sysrand.choice("0123456789") for _ in range(6))
    return greet, noise, code, secrets.token_urlsafe(8)
