package org.millrace.drain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DrainTest {

    private static final Duration AT_ONCE = Duration.ofMillis(20);
    private static final Duration SOON = Duration.ofSeconds(10);

    private final Drain drain = new Drain();
    private final List<ServerCall<String, String>> taken = new ArrayList<>();

    @Test
    void waitsForCallsUnderWayAndTakesNoOthers() throws Exception {
        Call first = new Call();
        begin(drain, first);

        CompletableFuture<Boolean> whole = CompletableFuture.supplyAsync(() -> drain.complete(SOON));
        long end = System.nanoTime() + SOON.toNanos();
        while (!drain.hasBegun()) {
            assertThat(System.nanoTime()).as("has begun").isLessThan(end);
            Thread.onSpinWait();
        }
        Call late = new Call();
        begin(drain, late).onHalfClose();

        assertThat(late.code).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(taken).hasSize(1);
        taken.getFirst().close(Status.OK, new Metadata());
        assertThat(whole.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(first.code).isEqualTo(Status.Code.OK);
    }

    @Test
    void saysThatACallWasUnderWayAllTheTime() {
        begin(drain, new Call());

        assertThat(drain.complete(AT_ONCE)).isFalse();
    }

    @Test
    void aCallerWhoLeftIsNotWaitedForAndCountsOnce() {
        ServerCall.Listener<String> left = begin(drain, new Call());
        begin(drain, new Call());

        left.onCancel();
        taken.getFirst().close(Status.CANCELLED, new Metadata());

        assertThat(drain.complete(AT_ONCE)).isFalse();
        taken.getLast().close(Status.OK, new Metadata());
        assertThat(drain.complete(AT_ONCE)).isTrue();
    }

    @Test
    void aCallThatBreaksAtItsBeginningIsNotWaitedFor() {
        assertThatThrownBy(() -> drain.interceptCall(new Call(), new Metadata(), (call, headers) -> {
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");

        assertThat(drain.complete(AT_ONCE)).isTrue();
    }

    @Test
    void waitsForChosenMethodsAlone() {
        Drain choosy = new Drain(method -> !method.getFullMethodName().equals("Mill/Grind"));
        begin(choosy, new Call());

        assertThat(choosy.complete(AT_ONCE)).isTrue();
    }

    @Test
    void doesNotWaitForGrpcsOwnServices() {
        begin(drain, new Call("grpc.health.v1.Health/Watch"));

        assertThat(drain.complete(AT_ONCE)).isTrue();
    }

    /// As Vert.x has it with a message that is too long: the call has been answered when the service answers it.
    @Test
    void aCallThatTheServerEndedByItselfIsNotWaitedFor() {
        begin(drain, new Call() {
            @Override
            public void close(Status status, Metadata trailers) {
                throw new IllegalStateException("trailers already sent");
            }
        });

        assertThatThrownBy(() -> taken.getFirst().close(Status.OK, new Metadata()))
                .hasMessage("trailers already sent");
        assertThat(drain.complete(AT_ONCE)).isTrue();
    }

    private ServerCall.Listener<String> begin(Drain at, Call call) {
        return at.interceptCall(call, new Metadata(), (counted, headers) -> {
            taken.add(counted);
            return new ServerCall.Listener<>() {};
        });
    }

    /// Remembers how it ended.
    private static class Call extends ServerCall<String, String> {

        private final String method;
        private Status.Code code = Status.Code.UNKNOWN;

        Call() {
            this("Mill/Grind");
        }

        Call(String method) {
            this.method = method;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            code = status.getCode();
        }

        @Override
        public MethodDescriptor<String, String> getMethodDescriptor() {
            return MethodDescriptor.<String, String>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName(method)
                    .setRequestMarshaller(new NoBytes())
                    .setResponseMarshaller(new NoBytes())
                    .build();
        }

        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(String message) {}

        @Override
        public boolean isCancelled() {
            return false;
        }
    }

    /// Nothing is sent here.
    private static final class NoBytes implements MethodDescriptor.Marshaller<String> {

        @Override
        public InputStream stream(String value) {
            return InputStream.nullInputStream();
        }

        @Override
        public String parse(InputStream stream) {
            return "";
        }
    }
}
