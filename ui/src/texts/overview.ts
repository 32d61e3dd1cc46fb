/** Texts of the overview. */
export const texts = {
  pending: (count: number) => (count === 1 ? '1 request needs your approval' : count ? `${count} requests need your approval` : 'Approvals'),
  reviewAll: (count: number) => `Review all ${count}`,
}
