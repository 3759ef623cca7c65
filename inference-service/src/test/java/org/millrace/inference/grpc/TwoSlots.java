package org.millrace.inference.grpc;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.List;
import java.util.Map;
import org.millrace.testkit.QuarkusBroker;

/// The whole service: a true broker, a true artifact store, a true engine, with so few slots that a
/// request of the largest size keeps the queue filled for a while. Tests of this profile run in one
/// application, alone or behind others, but `InferenceEndpointTest` comes first: it sees what is so
/// before a model is published.
public final class TwoSlots implements QuarkusTestProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "quarkus.http.test-port",
                "0",
                "millrace.inference.threads",
                "1",
                "millrace.inference.slots",
                "2",
                "millrace.inference.queue",
                "64",
                "quarkus.otel.sdk.disabled",
                "false",
                "quarkus.otel.simple",
                "true");
    }

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(QuarkusBroker.class));
    }
}
