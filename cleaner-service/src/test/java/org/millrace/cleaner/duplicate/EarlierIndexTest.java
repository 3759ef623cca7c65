package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.millrace.cleaner.duplicate.KeptSet.Sample;

/// An index that an earlier version wrote is read on.
class EarlierIndexTest {

    private static final String FOOTER = "\n\na footer of the host";

    /// Of what is taken back that version did not keep the address. It is no new text when it stands again.
    @Test
    void whatWasTakenBackWithoutAnAddressIsNotNew() {
        Sample mill = Sample.of("https://a.example/mill", "the miller opens his gate" + FOOTER, signature(1));
        Sample salt = Sample.of("https://a.example/salt", "salt came over the pass" + FOOTER, signature(2));
        Sample longer = Sample.of("https://b.example/", salt.text() + " and more of it", signature(2));
        List<Sample> samples = List.of(mill, salt, longer);
        MemoryStore store = new MemoryStore();
        Duplicates duplicates =
                new Duplicates(store, at -> Optional.of(samples.get((int) at).text()), new Duplicates.Settings(2, 3));
        duplicates.beginAnew("test");
        duplicates.add(mill.at(0));
        assertThat(duplicates.add(salt.at(1)))
                .contains(new Change.TakeBack(
                        mill.id(), Bytes.hex(Bytes.sha256("the miller opens his gate")), "paragraph-duplicates"));
        duplicates.keep();
        Overlay earlier = new Overlay(store);
        new Entries(earlier).takeBack(mill.id(), "");
        earlier.write();

        List<Change> changes = duplicates.add(longer.at(2)); // the footer is the miller's alone again

        assertThat(changes)
                .containsSubsequence(
                        new Change.Restore(mill.id()),
                        new Change.Publish(new Change.Page(0, mill.url()), mill.id(), null, 0, mill.url()));
    }

    private static int[] signature(int value) {
        int[] signature = new int[MinHash.SIZE];
        Arrays.fill(signature, value);
        return signature;
    }
}
