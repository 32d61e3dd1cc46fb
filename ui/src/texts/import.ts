/** Texts of the Import page. */
import { LANGUAGE } from './common'

const whole = new Intl.NumberFormat(LANGUAGE)
const chats = (count: number) => (count === 1 ? '1 conversation' : `${whole.format(count)} conversations`)

export const texts = {
  title: 'Import',
  lead: 'Your whole ChatGPT history, readable and searchable on this computer. Nothing is uploaded.',
  drop: {
    title: 'Drop your ChatGPT export here',
    hint: 'A ZIP file or conversations.json, of any age and size.',
    choose: 'Choose file…',
    chooseFolder: 'Choose folder…',
    enterPath: 'Enter a path',
    path: 'Path of the file or folder',
    pathHint: 'On this computer. For files of more than 8 GB, and exports that are unpacked.',
    read: 'Read export',
    uploading: (name: string) => `Reading ${name}`,
    uploadProgress: (done: string, total: string) => `${done} of ${total}`,
    folder: 'Folders can’t be dropped here. Use “Choose folder…”.',
    several: 'Drop one file at a time. For an export in several files, use “Choose folder…”.',
  },
  guide: {
    title: 'How to get your export',
    steps: [
      'In ChatGPT, open **Settings → Data controls → Export data** and confirm.',
      'OpenAI emails you a link, usually within a day. It works for 24 hours.',
      'Download the ZIP file and drop it here. There’s no need to unpack it.',
    ],
    open: 'Open ChatGPT settings',
  },
  preview: {
    title: (name: string) => `Import ${name}`,
    reading: 'Reading the export…',
    found: (count: number) => `${chats(count)} in this export. Choose what to import.`,
    empty: 'This export has no conversations.',
    years: 'Years',
    projects: 'Projects',
    all: 'Select all',
    none: 'Select none',
    noYear: 'No date',
    noProject: 'No project',
    attachments: (count: number) => (count === 1 ? '1 attached file' : `${whole.format(count)} attached files`),
    also: 'Also in this export',
    start: (count: number) => `Import ${chats(count)}`,
    startSome: 'Import selection',
    nothing: 'Nothing is selected.',
    discard: 'Discard',
    includeDeleted: 'Include deleted conversations',
    deleted: (count: number) => `${chats(count)} of this selection ${count === 1 ? 'was' : 'were'} deleted here, and ${count === 1 ? 'stays' : 'stay'} deleted unless you include ${count === 1 ? 'it' : 'them'}.`,
    maybeDeleted: 'What was deleted here stays deleted unless you include it.',
    known: 'Conversations that are already here are updated, never duplicated.',
    count: (count: number) => whole.format(count),
  },
  progress: {
    title: (name: string) => `Importing ${name}`,
    undoing: (name: string) => `Undoing the import of ${name}`,
    done: (done: number, total: number) => (total ? `${whole.format(done)} of ${chats(total)}` : chats(done)),
    left: (time: string) => `about ${time} left`,
    background: 'You can leave this page; the import goes on.',
    cancel: 'Cancel import',
    label: 'Progress of the import',
  },
  report: {
    imported: 'Imported',
    updated: 'Updated',
    unchanged: 'Already here',
    skipped: 'Skipped',
    failed: 'Failed',
    failures: (count: number) => (count === 1 ? '1 conversation could not be imported' : `${whole.format(count)} conversations could not be imported`),
    untitled: 'Untitled conversation',
    nothing: 'Nothing was imported.',
    copy: 'Copy report',
    show: 'Show conversations',
    undo: 'Undo import…',
    undoTitle: 'Undo this import?',
    undoText: 'The conversations that it added are removed from this computer, and those it updated are as before. Your export stays where it is.',
    undoAction: 'Undo import',
    undone: 'Import undone',
  },
  memories: {
    title: (count: number) => (count === 1 ? '1 memory or instruction' : `${whole.format(count)} memories and instructions`),
    hint: 'From your exports. Clients can’t read these, and search leaves them out.',
    off: 'off',
  },
  past: {
    title: 'Past imports',
    states: { previewing: 'Reading', ready: 'Ready', running: 'Running', done: 'Imported', failed: 'Failed', cancelled: 'Cancelled', undone: 'Undone' },
    summary: (imported: number, updated: number, unchanged: number, failed: number) => {
      const counts = [[imported, 'imported'], [updated, 'updated'], [unchanged, 'already here'], [failed, 'failed']] as const
      return counts.filter(([count], index) => count || !index).map(([count, word]) => `${whole.format(count)} ${word}`).join(', ')
    },
    removed: 'Its conversations were removed',
    noReport: 'It ended before anything was imported.',
  },
}
