// waterfall
