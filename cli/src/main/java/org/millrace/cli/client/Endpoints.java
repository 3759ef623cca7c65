package org.millrace.cli.client;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.millrace.cli.runtime.Layout;
import org.millrace.proto.crawler.v1.CrawlerServiceGrpc;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.proto.reward.v1.RewardServiceGrpc;
import org.millrace.proto.tokenizer.v1.TokenizerServiceGrpc;
import org.millrace.proto.trainer.v1.TrainerServiceGrpc;

/// gRPC connections to the services of a local system. Callers set a deadline on every call.
public final class Endpoints implements AutoCloseable {

    private final Layout layout;
    private final Map<String, ManagedChannel> channels = new LinkedHashMap<>();

    public Endpoints(Layout layout) {
        this.layout = layout;
    }

    public CrawlerServiceGrpc.CrawlerServiceBlockingStub crawler() {
        return CrawlerServiceGrpc.newBlockingStub(channel("crawler"));
    }

    public TokenizerServiceGrpc.TokenizerServiceBlockingStub tokenizer() {
        return TokenizerServiceGrpc.newBlockingStub(channel("tokenizer"));
    }

    public TrainerServiceGrpc.TrainerServiceBlockingStub trainer() {
        return TrainerServiceGrpc.newBlockingStub(channel("trainer"));
    }

    public RewardServiceGrpc.RewardServiceBlockingStub reward() {
        return RewardServiceGrpc.newBlockingStub(channel("reward"));
    }

    public PolicyServiceGrpc.PolicyServiceBlockingStub policy() {
        return PolicyServiceGrpc.newBlockingStub(channel("inference"));
    }

    /// For answers that are heard as they come. Callers limit each wait instead.
    PolicyServiceGrpc.PolicyServiceStub policyAsItComes() {
        return PolicyServiceGrpc.newStub(channel("inference"));
    }

    private synchronized ManagedChannel channel(String component) {
        return channels.computeIfAbsent(
                component, name -> NettyChannelBuilder.forAddress("127.0.0.1", layout.port(name))
                        .usePlaintext()
                        .maxInboundMessageSize(64 << 20)
                        .build());
    }

    @Override
    public synchronized void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
        for (ManagedChannel channel : channels.values()) {
            try {
                channel.awaitTermination(2, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        channels.clear();
    }
}
