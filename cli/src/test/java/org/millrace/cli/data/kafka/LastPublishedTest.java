package org.millrace.cli.data.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LastPublishedTest {

    private final LastPublished last = new LastPublished();

    @Test
    void eachDocumentHasOneLastRecord() {
        last.see("a", 0);
        last.see("b", 1);
        last.see("a", 2);
        last.see("a", 5);

        assertThat(last.is("a", 0)).isFalse();
        assertThat(last.is("b", 1)).isTrue();
        assertThat(last.is("a", 2)).isFalse();
        assertThat(last.is("a", 5)).isTrue();
    }

    /// The first record of `a` is gone when the topic is read once more.
    @Test
    void theLastRecordIsTheLastAlsoWhenOthersExpired() {
        last.see("a", 0);
        last.see("a", 5);

        assertThat(last.is("a", 5)).isTrue();
    }
}
