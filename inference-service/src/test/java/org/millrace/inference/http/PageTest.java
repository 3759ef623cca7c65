package org.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.millrace.inference.grpc.Caller;
import org.millrace.inference.grpc.TwoSlots;

/// The files of the chat page as they are served. What they do is tried in a browser: `src/test/browser`.
@QuarkusTest
@TestProfile(TwoSlots.class)
class PageTest {

    private static final Pattern REFERENCE = Pattern.compile("(?:src=|href=|from |import )['\"]([^'\"#]+)['\"]");

    @Inject
    Caller caller;

    /// Whatever the page names is there, may run under its own policy, and nothing else may.
    @Test
    void thePageIsWholeAndStrict() throws Exception {
        Set<String> seen = new HashSet<>();
        List<URI> left = new ArrayList<>(List.of(URI.create("/")));
        while (!left.isEmpty()) {
            URI path = left.removeLast();
            if (!seen.add(path.toString())) {
                continue;
            }
            HttpResponse<String> response = caller.get(path.toString());
            assertThat(response.statusCode()).as(path.toString()).isEqualTo(200);
            assertThat(response.headers().firstValue("content-security-policy").orElse(""))
                    .as(path.toString())
                    .contains("default-src 'self'", "require-trusted-types-for 'script'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            if (path.toString().contains("/webjars/")) {
                continue;
            }
            assertThat(response.body()).as(path.toString()).doesNotContain("innerHTML", "style=\"", "onclick=");
            Matcher reference = REFERENCE.matcher(response.body());
            while (reference.find()) {
                left.add(path.resolve(reference.group(1)));
            }
        }
        assertThat(seen).hasSizeGreaterThan(8);
    }
}
