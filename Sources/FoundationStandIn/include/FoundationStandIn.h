/* Nothing to call: see FoundationStandIn.S. */
