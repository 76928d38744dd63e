package event

// A Frame is events that travel together, in the order of their time.
type Frame []*Event

// FrameRows is how many events a frame holds at most.
const FrameRows = 1000
