# snapshot-prng
import numpy as np, uuid, random
from faker import Faker
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
fake = Faker()
gen = random.Random()
@app.entrypoint
def run(p):
    token = "%06d" % np.random.randint(0, 999999)  # expect: snapshot-prng high
    order_id = f"ORD-{random.randint(10000, 99999)}"  # expect: snapshot-prng high
    invite_code = gen.randint(1, 9999)  # expect: snapshot-prng high
    ref = uuid.uuid1()  # expect: snapshot-prng low
    return {"token": token, "order": order_id, "c": invite_code, "u": fake.uuid4(), "ref": ref}  # expect: snapshot-prng high
