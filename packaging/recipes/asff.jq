# Findings in the AWS Security Finding Format, for `aws securityhub batch-import-findings`; at most 100 go into one call.
#   agentcore-harden check --json --combined | jq --arg now "$(date -u +%FT%TZ)" --arg account 123456789012 --arg region us-east-1 -f asff.jq
def word: {critical: "CRITICAL", high: "HIGH", medium: "MEDIUM", low: "LOW"}[.];
def cut(most): if length > most then .[:most - 1] + "…" else . end;
[
  .reports[] as $report
  | ($report.project.account // $account) as $of
  | ($report.project.region // $region) as $in
  | $report.results[]
  | select(.status == "fail" and .suppression == null)
  | . as $result
  | (first(.evidence[] | .arn // empty) // "\($report.project.name)/\(.resource.type)/\(.resource.name)") as $resource
  | {
      SchemaVersion: "2018-10-08",
      Id: "agentcore-harden/\($report.project.name)/\(.check)/\(.resource.type)/\(.resource.name)" | cut(512),
      ProductArn: "arn:aws:securityhub:\($in):\($of):product/\($of)/default",
      GeneratorId: "agentcore-harden/\(.check)",
      AwsAccountId: $of,
      Types: ["Software and Configuration Checks/AWS Security Best Practices"],
      CreatedAt: $now,
      UpdatedAt: $now,
      Severity: {Label: (.severity | word)},
      Title: (.title | cut(256)),
      Description: (.message | cut(1024)),
      Remediation: {Recommendation: {
        Text: ((.fixes[0].title // "See the sources") | cut(512)),
        Url: (.references[0] // "https://github.com/agentcore-harden/agentcore-harden")
      }},
      ProductFields: {
        category: .category,
        place: (first(.evidence[] | select(.path != null) | "\(.path):\(.line // 1)") // "-")
      },
      Resources: [{Type: "Other", Id: ($resource | cut(512)), Region: $in}],
      Compliance: {Status: "FAILED"},
      RecordState: "ACTIVE"
    }
]
