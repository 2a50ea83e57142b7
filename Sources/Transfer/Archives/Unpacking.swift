extension Download {
    /// Unpacks a verified archive into the folder `item.destination`; `nil` if the content is no archive.
    func unpack(_ item: FetchItem, _ content: FetchedContent, _ file: TemporaryFile) async throws(TransferError)
        -> FetchedRecord?
    {
        nil
    }
}
