package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.millrace.cleaner.duplicate.Judgement.First;
import org.millrace.cleaner.duplicate.Judgement.Repeats;
import org.millrace.cleaner.rule.Breach;

class DuplicatesTest {

    private static final String TEXT =
            "The miller opens the gate in the morning, and the water turns the wheel until the evening. He grinds"
                    + " wheat for the bakers of the town and barley for the farmers who live beyond the hill.";

    private final Duplicates duplicates = new Duplicates();

    @Test
    void theFirstStaysAndTheSecondNamesIt() {
        assertThat(duplicates.judge(id(1), MinHash.signature(TEXT))).isEqualTo(new First());
        assertThat(duplicates.judge(id(1), MinHash.signature(TEXT)))
                .isEqualTo(new Repeats(new Breach("exact-duplicate", "equal text", "new text"), id(1)));
        assertThat(duplicates.size()).isEqualTo(1);
    }

    @Test
    void aTextThatDiffersInNumbersIsANearDuplicate() {
        duplicates.judge(id(1), MinHash.signature("In 1900: " + TEXT));

        assertThat(duplicates.judge(id(2), MinHash.signature("In 1950: " + TEXT)))
                .isEqualTo(new Repeats(
                        new Breach("near-duplicate", "similarity 1.00", "no equal band of 14 (about 0.72)"), id(1)));
    }

    @Test
    void whatWasDroppedIsNotRemembered() {
        duplicates.judge(id(1), MinHash.signature(TEXT));
        duplicates.judge(id(2), MinHash.signature(TEXT));

        assertThat(duplicates.judge(id(2), MinHash.signature(TEXT)))
                .isInstanceOfSatisfying(Repeats.class, r -> assertThat(r.of()).isEqualTo(id(1)));
    }

    @Test
    void malformedDocumentsAreRefused() {
        assertThatThrownBy(() -> duplicates.judge(id(1), new int[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("signature: expected 112 values, got 3");
        assertThatThrownBy(() -> duplicates.judge("abc", new int[MinHash.SIZE]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("document_id: expected 64 hex digits, got 3 characters");
        assertThatThrownBy(() -> duplicates.judge("g".repeat(64), new int[MinHash.SIZE]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(duplicates.size()).isZero();
    }

    private static String id(int number) {
        return "%064x".formatted(number);
    }
}
