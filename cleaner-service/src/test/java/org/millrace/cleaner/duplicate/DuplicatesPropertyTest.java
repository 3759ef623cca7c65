package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.millrace.cleaner.duplicate.Judgement.First;
import org.millrace.cleaner.duplicate.Judgement.Repeats;

class DuplicatesPropertyTest {

    private record Kept(String id, int[] signature) {}

    /// Against comparing each document with every kept one, band by band.
    @Property(tries = 100)
    void theIndexFindsWhatComparingAllFinds(@ForAll long seed) {
        Random random = new Random(seed);
        Duplicates duplicates = new Duplicates();
        List<Kept> kept = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String id = "%064x".formatted(random.nextInt(150));
            int[] signature = random.ints(MinHash.SIZE, 0, 2).toArray(); // a band agrees by chance in 1 of 256
            Kept first = null;
            for (Kept earlier : kept) {
                if (first == null && (earlier.id.equals(id))) {
                    first = earlier;
                }
            }
            for (Kept earlier : kept) {
                if (first == null && shareABand(earlier.signature, signature)) {
                    first = earlier;
                }
            }

            Judgement judgement = duplicates.judge(id, signature);

            if (first == null) {
                kept.add(new Kept(id, signature));
                assertThat(judgement).isEqualTo(new First());
            } else {
                String of = first.id;
                assertThat(judgement).isInstanceOfSatisfying(Repeats.class, r -> assertThat(r.of())
                        .isEqualTo(of));
            }
        }
        assertThat(duplicates.size()).isEqualTo(kept.size());
    }

    private static boolean shareABand(int[] a, int[] b) {
        for (int from = 0; from < MinHash.SIZE; from += MinHash.ROWS) {
            if (Arrays.equals(a, from, from + MinHash.ROWS, b, from, from + MinHash.ROWS)) {
                return true;
            }
        }
        return false;
    }
}
