"""Coverage-guided fuzzing of what reads a module's bytes.

C{targets} holds what must be true of any input, C{corpus} the inputs that have
been worth keeping, C{run} the fuzzer; C{test_corpus} replays the corpus in the
ordinary suite.
"""
