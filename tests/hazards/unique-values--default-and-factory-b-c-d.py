# snapshot-unique-values
import logging, uuid
from uuid import UUID, uuid4
from pydantic import BaseModel, Field
from bedrock_agentcore.runtime import BedrockAgentCoreApp
log = logging.getLogger(__name__)
def audit(msg, trace=uuid.uuid4().hex):  # expect: snapshot-unique-values medium
    log.info("%s %s", trace, msg)
class Job(BaseModel):
    id: UUID = Field(default_factory=uuid4)
NS = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
app = BedrockAgentCoreApp()
@app.entrypoint
def run(payload):
    audit("go"); return {"job": str(Job().id), "ns": str(NS)}
app.run()
