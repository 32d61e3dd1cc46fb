/** Pages in the order of the sidebar. The page of an integration exists only while the integration is installed. */
import type { Component } from 'svelte'
import AppWindow from '@lucide/svelte/icons/app-window'
import BadgeCheck from '@lucide/svelte/icons/badge-check'
import Cable from '@lucide/svelte/icons/cable'
import FolderDown from '@lucide/svelte/icons/folder-down'
import MessagesSquare from '@lucide/svelte/icons/messages-square'
import Ear from '@lucide/svelte/icons/ear'
import CircleHelp from '@lucide/svelte/icons/circle-question-mark'
import ListOrdered from '@lucide/svelte/icons/list-ordered'
import House from '@lucide/svelte/icons/house'
import KeyRound from '@lucide/svelte/icons/key-round'
import Mail from '@lucide/svelte/icons/mail'
import Puzzle from '@lucide/svelte/icons/puzzle'
import NotebookText from '@lucide/svelte/icons/notebook-text'
import WebhookIcon from '@lucide/svelte/icons/webhook'
import Wrench from '@lucide/svelte/icons/wrench'
import SettingsIcon from '@lucide/svelte/icons/settings-2'
import type { Overview as OverviewView } from '../lib/api'
import { approvals } from '../lib/live_query.svelte'
import Access from './Access.svelte'
import Activity from './Activity.svelte'
import Approvals from './Approvals.svelte'
import Apps from './Apps.svelte'
import Connect from './Connect.svelte'
import Conversations from './Conversations.svelte'
import Gmail from './Gmail.svelte'
import Help from './Help.svelte'
import Import from './Import.svelte'
import Integration from './Integration.svelte'
import Omi from './Omi.svelte'
import Overview from './Overview.svelte'
import Queue from './Queue.svelte'
import Settings from './Settings.svelte'
import Tools from './Tools.svelte'
import Webhooks from './Webhooks.svelte'
import Welcome from './Welcome.svelte'
import { texts } from '../texts/common'

export interface PageEntry {
  name: string
  title: string
  icon: Component<{ size?: string | number; strokeWidth?: number; 'aria-hidden'?: 'true' }>
  component: Component
  /** 0: activity, 1: integrations, 2: settings. */
  group: 0 | 1 | 2
  /** Number of pending items. */
  count?: () => number
  /** Full window without the sidebar. */
  full?: boolean
  when?: (overview: OverviewView) => boolean
}

/** Condition of an integration's page: the integration is installed. */
export const integrated = (name: string) => (overview: OverviewView): boolean => overview.integrations.some((integration) => integration.name === name)

export const pages: PageEntry[] = [
  { name: 'overview', title: texts.pages.overview, icon: House, component: Overview, group: 0 },
  { name: 'approvals', title: texts.pages.approvals, icon: BadgeCheck, component: Approvals, group: 0, count: () => approvals.value?.length ?? 0 },
  { name: 'activity', title: texts.pages.activity, icon: NotebookText, component: Activity, group: 0 },
  { name: 'gmail', title: texts.pages.gmail, icon: Mail, component: Gmail, group: 1, when: integrated('gmail') },
  { name: 'apps', title: texts.pages.apps, icon: AppWindow, component: Apps, group: 1, when: integrated('apps') },
  { name: 'omi', title: 'OMI', icon: Ear, component: Omi, group: 1, when: integrated('omi') },
  { name: 'tools', title: texts.pages.tools, icon: Wrench, component: Tools, group: 1, when: integrated('tools') },
  { name: 'conversations', title: texts.pages.conversations, icon: MessagesSquare, component: Conversations, group: 1, when: integrated('conversations') },
  { name: 'import', title: texts.pages.import, icon: FolderDown, component: Import, group: 1, when: integrated('conversations') },
  { name: 'queue', title: texts.pages.queue, icon: ListOrdered, component: Queue, group: 1, when: integrated('queue') },
  { name: 'access', title: texts.pages.access, icon: KeyRound, component: Access, group: 2 },
  { name: 'connect', title: texts.pages.connect, icon: Cable, component: Connect, group: 2 },
  { name: 'webhooks', title: texts.pages.webhooks, icon: WebhookIcon, component: Webhooks, group: 2 },
  { name: 'settings', title: texts.pages.settings, icon: SettingsIcon, component: Settings, group: 2 },
  { name: 'help', title: texts.pages.help, icon: CircleHelp, component: Help, group: 2 },
  { name: 'welcome', title: texts.pages.welcome, icon: House, component: Welcome, group: 0, full: true },
]

/** Current pages, with a generic one for each integration without its own. */
export function listPages(overview: OverviewView): PageEntry[] {
  const others = overview.integrations.filter(({ name }) => !pages.some((page) => page.name === name))
  return [
    ...pages.filter((page) => page.when?.(overview) ?? true),
    ...others.map(({ name, title }) => ({ name, title, icon: Puzzle, component: Integration, group: 1 as const })),
  ]
}
