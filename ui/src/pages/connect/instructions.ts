/** Instructions to paste into a GPT, generated from its client's permissions. */
import type { ClientView, OperationView } from '../../lib/api'
import { group } from '../access/permissions'
import { texts } from '../../texts/connect'

const names = (operations: readonly OperationView[]) => operations.map(({ name }) => name).join(', ')

export function writeInstructions(client: ClientView, operations: readonly OperationView[]): string {
  const may = operations.filter(({ name }) => client.operations[name] === 'allow')
  const needApproval = operations.filter(({ name }) => client.operations[name] === 'ask')
  const changes = may.filter((operation) => operation.changes)
  const others = [...changes, ...needApproval].filter(({ reaches_others }) => reaches_others)
  const looking = group(may).filter(({ reads }) => reads.length).map(({ title, reads }) => `- ${title}: ${names(reads)}`)
  return [
    texts.instructions.start,
    looking.length && texts.instructions.reads(looking.join('\n')),
    changes.length && texts.instructions.changes(names(changes)),
    needApproval.length && [
      texts.instructions.approvals(names(needApproval)),
      texts.instructions.pending,
      texts.instructions.decided,
    ].join(' '),
    !changes.length && !needApproval.length && texts.instructions.noChanges,
    others.length && texts.instructions.others(names(others)),
    texts.instructions.data,
    texts.instructions.errors,
  ].filter(Boolean).join('\n\n')
}
