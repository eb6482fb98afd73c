# snapshot-clock
from dataclasses import dataclass, field
from datetime import datetime
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
@dataclass
class Settings:
    booted: str = datetime.now().isoformat()  # expect: snapshot-clock medium
    made: datetime = field(default_factory=datetime.now)
class Prompts:
    SYSTEM = "Date: " + datetime.now().strftime("%d %B %Y")  # expect: snapshot-clock medium
settings = Settings()
@app.entrypoint
def run(p): return {"b": settings.booted, "s": Prompts.SYSTEM}
