"""How good systems are: metrics, score tables, reports, model cards, and their verification."""
