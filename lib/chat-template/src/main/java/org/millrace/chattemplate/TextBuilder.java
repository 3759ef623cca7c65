package org.millrace.chattemplate;

import org.millrace.chattemplate.Part.Origin;

/// Joins texts, and keeps where each character comes from.
final class TextBuilder {

    private final Budget budget;
    private final StringBuilder string = new StringBuilder();
    private final StringBuilder origins = new StringBuilder();

    TextBuilder(Budget budget) {
        this.budget = budget;
    }

    TextBuilder append(Site at, Text text) {
        spend(at, text.string());
        string.append(text.string());
        origins.append(text.origins());
        return this;
    }

    /// Text that nobody vouches for.
    TextBuilder append(Site at, String text) {
        spend(at, text);
        string.append(text);
        origins.repeat(Origin.OTHER.ordinal(), text.length());
        return this;
    }

    private void spend(Site at, String text) {
        budget.text(at, (long) string.length() + text.length());
        budget.spend(at, 1L + text.length());
    }

    Text build() {
        return Text.of(string, origins);
    }
}
