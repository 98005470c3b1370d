"""The domain of Vuurtoren: what a neighbourhood has, where its energy is, and the rules that guard both."""
