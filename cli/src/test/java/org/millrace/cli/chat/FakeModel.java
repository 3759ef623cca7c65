package org.millrace.cli.chat;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.runtime.Layout;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GenerateResponse.Finish;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;

/// On a true connection, repeats the question in capitals. Some questions have another end.
final class FakeModel extends PolicyServiceGrpc.PolicyServiceImplBase implements AutoCloseable {

    final Queue<List<Message>> asked = new ConcurrentLinkedQueue<>();
    final CountDownLatch cancelled = new CountDownLatch(1);
    private final Server server;
    private final Endpoints endpoints;

    FakeModel() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(this)
                .build()
                .start();
        endpoints = new Endpoints(new Layout(Map.of("inference", server.getPort())));
    }

    Answers answers() {
        return new Answers(endpoints);
    }

    @Override
    public void generate(GenerateRequest request, StreamObserver<GenerateResponse> out) {
        ((ServerCallStreamObserver<?>) out).setOnCancelHandler(cancelled::countDown);
        List<Message> messages = request.getConversation().getMessagesList();
        asked.add(messages);
        switch (messages.getLast().getContent()) {
            case "for ever?" -> out.onNext(piece("for ").build());
            case "unwell?" -> {
                out.onNext(piece("un").build());
                out.onError(
                        Status.INTERNAL.withDescription("an \u001B[31merror").asRuntimeException());
            }
            case "cut?" -> end(out, piece("cu").setFinish(Finish.FINISH_LENGTH));
            case "long?" ->
                out.onError((messages.size() > 1
                                ? Status.INVALID_ARGUMENT.withDescription("prompt: expected at most 9 tokens")
                                : Status.NOT_FOUND.withDescription("model: expected one that is served"))
                        .asRuntimeException());
            default -> {
                out.onNext(piece("\u001B]0;").build());
                String loud = messages.getLast().getContent().toUpperCase(java.util.Locale.ROOT);
                end(out, piece(loud).setFinish(Finish.FINISH_STOP));
            }
        }
    }

    private static void end(StreamObserver<GenerateResponse> out, GenerateResponse.Builder last) {
        out.onNext(last.build());
        out.onCompleted();
    }

    private static GenerateResponse.Builder piece(String text) {
        return GenerateResponse.newBuilder().addTokens(7).setModelVersion(3).setText(text);
    }

    @Override
    public void close() {
        endpoints.close();
        server.shutdownNow();
    }
}
