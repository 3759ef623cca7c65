package org.millrace.reward;

/// A newer version has taken over: ask that one.
final class Retired extends Exception {

    private static final long serialVersionUID = 1L;
}
