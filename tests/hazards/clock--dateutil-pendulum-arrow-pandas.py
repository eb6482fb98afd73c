# snapshot-clock
import pendulum, arrow, pandas as pd
from zoneinfo import ZoneInfo
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
A = pendulum.now()  # fails
B = arrow.utcnow()  # fails
C = pd.Timestamp.now()  # fails
@app.entrypoint
def run(p): return A, B, C
