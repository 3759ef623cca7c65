package org.millrace.chattemplate;

/// Where something stands in a template, both from 1.
record Site(int line, int column) {

    IllegalArgumentException error(String message) {
        return new IllegalArgumentException("template, line %d, column %d: %s".formatted(line, column, message));
    }
}
