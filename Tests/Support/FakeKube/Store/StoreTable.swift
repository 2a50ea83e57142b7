/// The objects of one resource in the order of their keys (`namespace/name`, or `name` where there are no namespaces).
struct StoreTable: Sendable {
    private(set) var keys: [String] = []
    private var objects: [String: StoredObject] = [:]

    var count: Int { keys.count }

    subscript(key: String) -> StoredObject? {
        get { objects[key] }
        set {
            if let newValue {
                if objects.updateValue(newValue, forKey: key) == nil { keys.insert(key, at: position(of: key)) }
            } else if objects.removeValue(forKey: key) != nil {
                keys.remove(at: position(of: key))
            }
        }
    }

    /// The place of the first key that is not below `key`.
    func position(of key: String) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
