/// Ends the transfer when the last one who could read it is gone. Keeps the client alive as long.
final class StreamLifetime: Sendable {
    let ticket: Ticket
    private let client: HTTPClient

    init(_ ticket: Ticket, client: HTTPClient) {
        self.ticket = ticket
        self.client = client
    }

    deinit { ticket.cancel() }
}
