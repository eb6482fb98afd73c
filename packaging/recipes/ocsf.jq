# Findings as OCSF 1.3 Compliance Finding events (class 2003), one a line, for Security Lake or any lake that reads OCSF.
#   agentcore-harden check --json --combined | jq -c --argjson now "$(date +%s)000" -f ocsf.jq
def severity: {critical: 5, high: 4, medium: 3, low: 2}[.];
def name: {critical: "Critical", high: "High", medium: "Medium", low: "Low"}[.];
.tool as $tool
| .reports[] as $report
| $report.results[]
| select(.status == "fail" and .suppression == null)
| {
    category_uid: 2, category_name: "Findings",
    class_uid: 2003, class_name: "Compliance Finding",
    activity_id: 1, activity_name: "Create",
    type_uid: 200301, type_name: "Compliance Finding: Create",
    time: $now,
    severity_id: (.severity | severity), severity: (.severity | name),
    status_id: 1, status: "New",
    metadata: {version: "1.3.0", product: {name: $tool.name, vendor_name: $tool.name, version: $tool.version}},
    cloud: ({provider: "AWS"}
      + (if $report.project.region then {region: $report.project.region} else {} end)
      + (if $report.project.account then {account: {uid: $report.project.account}} else {} end)),
    finding_info: {
      uid: (.fingerprints[0] // "\($report.project.name)/\(.check)/\(.resource.name)"),
      title: .title,
      desc: .message,
      types: [.category],
      src_url: (.references[0] // null)
    } | with_entries(select(.value != null)),
    compliance: {control: .check, requirements: [.title], standards: ["AgentCore launch checklist"], status_id: 3, status: "Fail"},
    resources: [{type: .resource.type, name: .resource.name, uid: (first(.evidence[] | .arn // empty) // .resource.name)}],
    remediation: {desc: (.fixes[0].title // "See the sources"), references: .references}
  }
