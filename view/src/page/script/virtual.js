// virtual
