package org.millrace.crawler.web;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class NormalUrlPropertyTest {

    @Property
    void normalisingTwiceChangesNothing(@ForAll("urls") String text) {
        NormalUrl.of(text)
                .ifPresent(url -> assertThat(NormalUrl.of(url.toString())).contains(url));
    }

    @Property
    void anyTextIsAnswered(@ForAll String text) {
        NormalUrl page = NormalUrl.of("http://example.org/a/b?c").orElseThrow();
        page.resolve(text)
                .ifPresent(url -> assertThat(NormalUrl.of(url.toString())).contains(url));
    }

    @Provide
    Arbitrary<String> urls() {
        return Arbitraries.strings()
                .withChars("aB%2eE./?#&=:@[] é\\;|")
                .ofMaxLength(30)
                .map(rest -> "http://example.org" + rest);
    }
}
