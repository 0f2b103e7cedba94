UPDATE lot_sums SET earned = earned WHERE ?1 IS NULL
