/// First in, first out, both ends in constant time on average.
package struct FIFO<Element: Sendable>: Sendable {
    /// Those before `head` have been taken; they are dropped once they are half of all.
    private var elements: [Element?] = []
    private var head = 0

    package init() {}

    package var count: Int { elements.count - head }
    package var isEmpty: Bool { count == 0 }

    package mutating func append(_ element: Element) { elements.append(element) }

    package mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}

/// Elements of several flows, handed out in turn: one of each flow that has any, within a flow first come, first served.
/// However many one flow has, another's next waits for one of each at most.
package struct FairQueue<Flow: Hashable & Sendable, Element: Sendable>: Sendable {
    private var flows: [Flow: FIFO<Element>] = [:]
    /// The flows that have any, each once.
    private var turn = FIFO<Flow>()
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    package mutating func append(_ element: Element, to flow: Flow) {
        if flows[flow] == nil { turn.append(flow) }
        flows[flow, default: FIFO()].append(element)
        count += 1
    }

    package mutating func popFirst() -> Element? {
        guard let flow = turn.popFirst(), let element = flows[flow]?.popFirst() else { return nil }
        count -= 1
        if flows[flow]?.isEmpty == true { flows[flow] = nil } else { turn.append(flow) }
        return element
    }
}
