# snapshot-clock
from datetime import date
from langchain_core.prompts import ChatPromptTemplate
from langchain_aws import ChatBedrock
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
prompt = ChatPromptTemplate.from_messages([("system", f"Today is {date.today()}."), ("human", "{q}")])  # expect: snapshot-clock medium
chain = prompt | ChatBedrock(model_id="x")
@app.entrypoint
def run(p): return chain.invoke({"q": p["prompt"]}).content
