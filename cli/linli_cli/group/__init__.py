"""`linli group import`: the organisation as files, gone through place by place: memory does not grow with their rows.

`index` finds where each place's rows lie, `tables` reads them, `checking` finds every fault of the whole directory
before anything is sent, `difference` compares rows with what dispatch has, `applying` sends what differs.

No rules of the services here: every row becomes a line of one of dispatch's own registry commands.
"""
