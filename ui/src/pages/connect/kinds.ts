/** Connection kinds. */
import Bot from '@lucide/svelte/icons/bot'
import Plug from '@lucide/svelte/icons/plug'
import SquareTerminal from '@lucide/svelte/icons/square-terminal'

export const KINDS = [
  {
    kind: 'gpt', suggested: 'My GPT', icon: Bot, title: 'A custom GPT', lead: 'In the GPT editor you give it an address, a key or a sign-in, and its instructions.',
    for: 'For a GPT of your own with a task of its own. Needs a ChatGPT plan that can create GPTs (Plus, Pro, Business…).',
  },
  {
    kind: 'app', suggested: 'My app', icon: Plug, title: 'A ChatGPT app', lead: 'ChatGPT and other assistants connect by themselves, over MCP. You let them in here.',
    for: 'For every chat, without a GPT: ChatGPT in developer mode, Claude, and whatever else speaks MCP.',
  },
  {
    kind: 'script', suggested: 'My script', icon: SquareTerminal, title: 'A script', lead: 'A script calls with a key, from this computer or from elsewhere.',
    for: 'For a program that you wrote. On this computer it needs no tunnel.',
  },
] as const

export type Kind = (typeof KINDS)[number]['kind']
