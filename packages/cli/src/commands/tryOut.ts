/** What the first rows of the source are, for somebody who wants to see records move: two persons at one company. */
const rows = [
  '{"kind":"organization","id":5,"name":"Quayside","domain":"quayside.example","domains":["quayside.example"],"global":true}',
  '{"kind":"person","id":7,"first_name":"Noor","last_name":"Amari","primary_email":"noor@quayside.example","organization_ids":[5]}',
  '{"kind":"person","id":8,"first_name":"Tam","last_name":"Ode","organization_ids":[5]}',
].join('\n');

/** A value for a shell, in single quotes where it needs them. */
const quoted = (text: string): string =>
  /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/**
 * Commands to paste into a shell: two accounts in the sandbox, a tenant, two connections, a job, and what became of it. They need curl
 * alone, and may be pasted again: every name that has to be new is.
 */
export const tryOutScript = (facts: {
  readonly gateway: string;
  readonly sandbox: string;
  readonly operatorKeyFile: string | undefined;
  /** The authority of the gateway's certificate; undefined where it has none. */
  readonly caFile: string | undefined;
}): string => {
  const curl = facts.caFile === undefined ? 'curl -sS' : `curl -sS --cacert ${quoted(facts.caFile)}`;
  const operator =
    facts.operatorKeyFile === undefined ? "'paste the operator key here'" : `$(cat ${quoted(facts.operatorKeyFile)})`;
  return `G=${facts.gateway} U=${facts.sandbox} OPERATOR=${operator}
api() { ${curl} -H "Authorization: Bearer $1" -H 'Content-Type: application/json' "\${@:2}"; }
pick() { grep -o "\\"$1\\":\\"[^\\"]*\\"" | head -n 1 | cut -d '"' -f 4; }

# Two CRM accounts in the sandbox, the old one with three records
OLD=$(curl -sS $U/control/workspaces -d '{"kind":"affinity","name":"Old"}')
NEW=$(curl -sS $U/control/workspaces -d '{"kind":"attio","name":"New"}')
curl -sS $U/control/workspaces/$(echo "$OLD" | pick id)/seed --data-binary '${rows}'; echo

# A tenant with its key, two connections, a job
KEY=$(api $OPERATOR $G/v1/tenants -d '{"name":"Try-out","slug":"try-out-'$(date +%s)'"}' | pick secret)
FROM=$(api $KEY $G/v1/connections -d '{"name":"Old","system":"affinity","baseUrl":"'$U'/affinity","credentials":{"apiKey":"'$(echo "$OLD" | pick token)'"}}' | pick id)
TO=$(api $KEY $G/v1/connections -d '{"name":"New","system":"attio","baseUrl":"'$U'/attio","credentials":{"apiKey":"'$(echo "$NEW" | pick token)'"}}' | pick id)
JOB=$(api $KEY $G/v1/jobs -d '{"name":"Try-out","source":{"connectionId":"'$FROM'"},"target":{"connectionId":"'$TO'"}}' | pick id)
api $KEY -X POST $G/v1/jobs/$JOB/start; echo

# How far it is (until "status":"completed"), and what the new CRM holds then
sleep 3; api $KEY $G/v1/jobs/$JOB; echo
curl -sS $U/control/workspaces/$(echo "$NEW" | pick id)/counts; echo
`;
};
