package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class MinHashPropertyTest {

    private static final long PRIME = (1L << 61) - 1;

    @Property
    void theRemainderIsThatOfADivision(@ForAll long unsigned) {
        assertThat(MinHash.remainder(unsigned)).isEqualTo(Long.remainderUnsigned(unsigned, PRIME));
    }

    @Property
    void alsoAroundItsMultiples(@ForAll byte near, @ForAll byte multiple) {
        long unsigned = (multiple & 7) * PRIME + near;

        assertThat(MinHash.remainder(unsigned)).isEqualTo(Long.remainderUnsigned(unsigned, PRIME));
    }
}
