package org.millrace.archives;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// Whatever happens to the bytes, reading ends, throws nothing, and costs no more than what was hit.
class DamagePropertyTest {

    private static final int PAGES = 12;

    @Property(tries = 200)
    void aFlippedBitCostsNoMoreThanTwoPages(@ForAll long seed) {
        Random random = new Random(seed);
        byte[] archive = archive(true);
        archive[random.nextInt(archive.length)] ^= (byte) (1 << random.nextInt(8));

        List<String> urls = Warcs.urls(archive);

        assertThat(urls)
                .hasSizeGreaterThanOrEqualTo(PAGES - 2)
                .isSubsetOf(all())
                .doesNotHaveDuplicates();
    }

    /// Bytes that do not compress are stored with their length: one that is wrong swallows what follows.
    @Property(tries = 200)
    void lengthsInsideOfGzipAreNotBelieved(@ForAll long seed) {
        Random random = new Random(seed);
        byte[][] records = new byte[PAGES][];
        for (int i = 0; i < PAGES; i++) {
            byte[] noise = new byte[500];
            random.nextBytes(noise);
            records[i] = Warcs.gzip(Warcs.response(Warcs.url(i), noise));
        }
        byte[] archive = Warcs.concat(records);
        archive[random.nextInt(archive.length)] ^= (byte) (1 << random.nextInt(8));

        assertThat(Warcs.urls(archive)).hasSizeGreaterThanOrEqualTo(PAGES - 2).isSubsetOf(all());
    }

    @Property(tries = 200)
    void aCutFileGivesItsStart(@ForAll long seed, @ForAll boolean zipped) {
        byte[] archive = archive(zipped);
        byte[] cut = Arrays.copyOf(archive, new Random(seed).nextInt(archive.length));

        List<String> urls = Warcs.urls(cut);

        assertThat(urls).isEqualTo(all().subList(0, urls.size()));
    }

    @Property(tries = 200)
    void anyBytesAreReadToTheEnd(@ForAll long seed, @ForAll @IntRange(min = 0, max = 2) int start) {
        Random random = new Random(seed);
        byte[] noise = new byte[random.nextInt(5000)];
        random.nextBytes(noise);
        byte[] head = start == 0 ? new byte[0] : start == 1 ? Warcs.page(1) : Warcs.gzip(Warcs.page(1));

        Captures captures = Warcs.open(Warcs.concat(head, noise, Warcs.gzip(Warcs.page(2))));

        assertThat(Warcs.rest(captures)).hasSizeLessThanOrEqualTo(2);
        assertThat(captures.tally().captures())
                .isLessThanOrEqualTo(captures.tally().records());
    }

    /// Skipping and reading agree on what a record is, also where records are damaged.
    @Property(tries = 200)
    void skippingIsReadingWithoutLooking(@ForAll long seed, @ForAll boolean zipped) throws Exception {
        Random random = new Random(seed);
        byte[] archive = archive(zipped);
        for (int i = 0; i < random.nextInt(4); i++) {
            archive[random.nextInt(archive.length)] ^= (byte) (1 << random.nextInt(8));
        }
        Captures read = Warcs.open(archive);
        int wanted = random.nextInt(PAGES);
        for (int i = 0; i < wanted; i++) {
            read.next();
        }

        Captures skipped = Warcs.open(archive);
        skipped.skip(read.tally().records());

        List<String> rest = Warcs.rest(skipped).stream().map(Capture::source).toList();
        assertThat(rest)
                .isEqualTo(Warcs.rest(read).stream().map(Capture::source).toList());
    }

    private static List<String> all() {
        List<String> urls = new ArrayList<>();
        for (int i = 0; i < PAGES; i++) {
            urls.add(Warcs.url(i));
        }
        return urls;
    }

    private static byte[] archive(boolean zipped) {
        byte[][] records = new byte[PAGES][];
        for (int i = 0; i < PAGES; i++) {
            records[i] = zipped ? Warcs.gzip(Warcs.page(i)) : Warcs.page(i);
        }
        return Warcs.concat(records);
    }
}
