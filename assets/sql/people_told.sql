-- people_told: the number of people that is told of `people`, a column: what assets/people_told.py says, 0 for none.
-- Included as an expression. A test compares the two.
GREATEST(people - 1, 0) / 5 * 5
