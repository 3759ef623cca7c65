package org.millrace.artifacts;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Artifacts in an S3 bucket, under the same names as in a local folder, with a local cache of what was
/// fetched. A damaged cache entry is fetched again; a damaged object is never used.
///
/// One PUT per artifact, so 5 GiB is the most that one may have.
public final class S3Store implements ArtifactStore {

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(30);
    private static final Duration CALL = Duration.ofMinutes(10);

    private final S3Client client;
    private final String bucket;
    private final String prefix;
    private final LocalStore cache;

    S3Store(S3Client client, String bucket, String prefix, Path cache) throws IOException {
        this.client = client;
        this.bucket = bucket;
        this.prefix = prefix;
        this.cache = new LocalStore(cache);
    }

    /// Credentials and, unless given, the region come from the environment, as every AWS tool takes them.
    static S3Store open(URI root, Path cache) throws IOException {
        String bucket = root.getAuthority();
        if (bucket == null || bucket.isEmpty()) {
            throw new IOException("artifacts: expected s3://bucket/prefix, got " + root);
        }
        String path = root.getPath().replaceAll("^/+|/+$", "");
        Map<String, String> settings = query(root);
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(SILENCE))
                .overrideConfiguration(overrides -> overrides.apiCallTimeout(CALL));
        String region = settings.get("region");
        if (region != null) {
            builder.region(Region.of(region));
        }
        String endpoint = settings.get("endpoint");
        if (endpoint != null) {
            // Stores that imitate S3 rarely have a host name per bucket.
            builder.endpointOverride(URI.create(endpoint)).forcePathStyle(true);
        }
        return new S3Store(builder.build(), bucket, path.isEmpty() ? "" : path + "/", cache);
    }

    @Override
    public Reference put(byte[] bytes) throws IOException {
        return put(Sha256.of(bytes), bytes.length, RequestBody.fromBytes(bytes));
    }

    @Override
    public Reference put(Path file) throws IOException {
        Sha256.Passed passed;
        try (InputStream in = Files.newInputStream(file)) {
            passed = Sha256.copy(in, java.io.OutputStream.nullOutputStream());
        }
        return put(passed.sha256(), passed.length(), RequestBody.fromFile(file));
    }

    @Override
    public byte[] read(String sha256, long length) throws IOException {
        return Files.readAllBytes(fetch(sha256, length));
    }

    @Override
    public Path fetch(String sha256, long length) throws IOException {
        try {
            return cache.fetch(sha256, length);
        } catch (ArtifactMissing | ArtifactCorrupt e) {
            return download(sha256, length);
        }
    }

    private Path download(String sha256, long length) throws IOException {
        String key = key(sha256);
        try (InputStream in = client.getObject(request -> request.bucket(bucket).key(key))) {
            return cache.accept(in, sha256, length, uri(key));
        } catch (NoSuchKeyException e) {
            throw new ArtifactMissing("artifact %s is not in s3://%s/%s".formatted(sha256, bucket, prefix), e);
        } catch (SdkException e) {
            throw new IOException("cannot fetch %s: %s".formatted(uri(key), e.getMessage()), e);
        }
    }

    /// The hash travels along, so that S3 itself refuses bytes that were damaged on the way.
    private Reference put(String sha256, long length, RequestBody body) throws IOException {
        String key = key(sha256);
        try {
            if (!holds(key, length)) {
                String checksum =
                        Base64.getEncoder().encodeToString(HexFormat.of().parseHex(sha256));
                client.putObject(request -> request.bucket(bucket).key(key).checksumSHA256(checksum), body);
            }
            return new Reference(uri(key), sha256, length);
        } catch (SdkException e) {
            throw new IOException("cannot store %s: %s".formatted(uri(key), e.getMessage()), e);
        }
    }

    private boolean holds(String key, long length) {
        try {
            return client.headObject(request -> request.bucket(bucket).key(key)).contentLength() == length;
        } catch (S3Exception e) {
            if (e.statusCode() == 404) {
                return false;
            }
            throw e;
        }
    }

    private String key(String sha256) {
        return prefix + "sha256/" + Sha256.check(sha256).substring(0, 2) + "/" + sha256.substring(2);
    }

    private String uri(String key) {
        return "s3://" + bucket + "/" + key;
    }

    private static Map<String, String> query(URI root) throws IOException {
        Map<String, String> settings = new HashMap<>();
        String query = root.getRawQuery();
        if (query != null) {
            for (String parameter : query.split("&", -1)) {
                String[] parts = parameter.split("=", 2);
                if (parts.length != 2 || !(parts[0].equals("endpoint") || parts[0].equals("region"))) {
                    throw new IOException("artifacts: expected endpoint=… or region=… after '?', got " + parameter);
                }
                settings.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        return settings;
    }
}
