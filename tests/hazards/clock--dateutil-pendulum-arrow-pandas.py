# snapshot-clock
import pendulum, arrow, pandas as pd
from zoneinfo import ZoneInfo
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
A = pendulum.now()  # expect: snapshot-clock medium
B = arrow.utcnow()  # expect: snapshot-clock medium
C = pd.Timestamp.now()  # expect: snapshot-clock medium
@app.entrypoint
def run(p): return A, B, C
