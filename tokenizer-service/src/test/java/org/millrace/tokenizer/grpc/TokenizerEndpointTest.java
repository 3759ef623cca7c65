package org.millrace.tokenizer.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.common.collect.Lists;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.function.Executable;
import org.millrace.bpe.SplitPattern;
import org.millrace.proto.tokenizer.v1.DecodeRequest;
import org.millrace.proto.tokenizer.v1.EncodeRequest;
import org.millrace.proto.tokenizer.v1.GetStatusRequest;
import org.millrace.proto.tokenizer.v1.GetStatusResponse;
import org.millrace.proto.tokenizer.v1.TokenizerServiceGrpc;
import org.millrace.proto.tokenizer.v1.TrainRequest;
import org.millrace.proto.tokenizer.v1.TrainResponse;
import org.millrace.testkit.QuarkusBroker;
import org.millrace.tokenizer.Tokenizers;
import org.millrace.tokenizer.kafka.Log;

/// The whole service on a real broker, called as a client calls it. The order matters: the log
/// begins empty.
@QuarkusTest
@QuarkusTestResource(QuarkusBroker.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TokenizerEndpointTest {

    @Inject
    Tokenizers published;

    private final URI root = URI.create(setting("test.url"));
    private ManagedChannel channel;
    private TokenizerServiceGrpc.TokenizerServiceBlockingStub tokenizer;

    @BeforeEach
    void connect() {
        channel = ManagedChannelBuilder.forAddress(root.getHost(), root.getPort())
                .usePlaintext()
                .build();
        tokenizer = TokenizerServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    @Test
    @Order(1)
    void healthyOnAnEmptyLog() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> health = http.send(
                    HttpRequest.newBuilder(root.resolve("/q/health")).build(), HttpResponse.BodyHandlers.ofString());

            assertThat(health.statusCode()).as(health.body()).isEqualTo(200);
        }
        assertThat(status()).isEqualTo(GetStatusResponse.getDefaultInstance());
    }

    @Test
    @Order(2)
    void nothingCanBeEncodedOrTrainedYet() {
        StatusRuntimeException encode = refused(() -> tokenizer.encode(EncodeRequest.getDefaultInstance()));
        assertThat(encode.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);

        StatusRuntimeException train = refused(() -> train("t", 300));
        assertThat(train.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(train.getStatus().getDescription())
                .isEqualTo("documents.cleaned.v1 holds no document to learn from");
    }

    @Test
    @Order(3)
    void trainingTellsItsProgressAndPublishes() {
        new Log(setting("kafka.bootstrap.servers")).publish(Log.documents(0, 100));

        List<TrainResponse> told = train("t", 300);

        TrainResponse last = told.getLast();
        assertThat(last.getVersion()).isEqualTo(1);
        assertThat(last.getDocuments()).isEqualTo(100);
        assertThat(last.getMerges()).isBetween(1, 35);
        assertThat(last.getMergesWanted()).isEqualTo(35);
        assertThat(told.subList(0, told.size() - 1)).allMatch(response -> response.getVersion() == 0);
        await().atMost(Duration.ofSeconds(30)).until(() -> status().getLag() == 0);
        assertThat(status().getDocuments()).isEqualTo(100);
        assertThat(status().getTokens()).isPositive();
        assertThat(status().getTokenizersList()).containsExactly("t:1");
    }

    @Test
    @Order(4)
    void decodingUndoesEncoding() {
        String text = "The <|bos|> mill, grüßt 😀.";

        var encoded = tokenizer.encode(EncodeRequest.newBuilder().setText(text).build());
        var decoded = tokenizer.decode(DecodeRequest.newBuilder()
                .setTokenizer("t")
                .addAllIds(encoded.getIdsList())
                .build());

        assertThat(decoded.getText()).isEqualTo(text);
        assertThat(decoded.getTokenizerVersion()).isEqualTo(1);
    }

    @Test
    @Order(5)
    void badRequestsAreTheCallersFault() {
        assertInvalid(
                () -> train("t", 264),
                "vocabulary_size: expected 265 (256 bytes, 9 special tokens) to 200000, got 264");
        assertInvalid(
                () -> Lists.newArrayList(tokenizer.train(TrainRequest.newBuilder()
                        .setName("t")
                        .setVocabularySize(300)
                        .setPattern("GPT5")
                        .build())),
                "pattern: expected nanochat, gpt2, gpt4, llama3 or qwen2, got \"GPT5\"");
        assertInvalid(() -> train("T", 300), "name: expected [a-z0-9-]{1,64}, got \"T\"");
        assertInvalid(
                () -> tokenizer.decode(
                        DecodeRequest.newBuilder().addIds(5).addIds(9_999).build()),
                "ids[1]: expected 0 to");
        assertInvalid(
                () -> tokenizer.decode(DecodeRequest.newBuilder().addIds(-1).build()), "ids[0]: expected 0 to");
        StatusRuntimeException unknown = refused(() ->
                tokenizer.encode(EncodeRequest.newBuilder().setTokenizer("u").build()));
        assertThat(unknown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    }

    @Test
    @Order(6)
    void withTwoTokenizersOneIsNamed() {
        train("u", 300);

        assertInvalid(
                () -> tokenizer.encode(EncodeRequest.getDefaultInstance()),
                "tokenizer: expected a name, since there are 2, got none");
        assertThat(status().getTokenizersList()).containsExactly("t:1", "u:1");
    }

    @Test
    @Order(7)
    void thePatternIsChosenByName() {
        List<TrainResponse> told = Lists.newArrayList(tokenizer.train(TrainRequest.newBuilder()
                .setName("u")
                .setVocabularySize(300)
                .setPattern("gpt2")
                .build()));

        assertThat(told.getLast().getVersion()).isEqualTo(2);
        assertThat(published.find("u").orElseThrow().tokenizer().pattern()).isEqualTo(SplitPattern.GPT2);
        assertThat(published.find("t").orElseThrow().tokenizer().pattern()).isEqualTo(SplitPattern.NANOCHAT);
    }

    private List<TrainResponse> train(String name, int vocabularySize) {
        return Lists.newArrayList(tokenizer.train(TrainRequest.newBuilder()
                .setName(name)
                .setVocabularySize(vocabularySize)
                .build()));
    }

    private GetStatusResponse status() {
        return tokenizer.getStatus(GetStatusRequest.getDefaultInstance());
    }

    private static String setting(String name) {
        return ConfigProvider.getConfig().getValue(name, String.class);
    }

    private static void assertInvalid(Executable call, String message) {
        StatusRuntimeException failure = refused(call);
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(failure.getStatus().getDescription()).startsWith(message);
    }

    private static StatusRuntimeException refused(Executable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call::execute);
    }
}
