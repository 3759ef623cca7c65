# millrace/inference:gpu, from the repository's root:
#   mvn -Pgpu package -Dmaven.test.skip=true
#   docker build -f k8s/images/inference-gpu.Dockerfile -t millrace/inference:gpu inference-service/target
FROM eclipse-temurin:25-jdk AS jdk

# ONNX Runtime 1.29 for CUDA needs cuBLAS and cuRAND of CUDA 12, and cuDNN 9.
FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04
COPY --from=jdk /opt/java/openjdk /opt/java/openjdk
COPY quarkus-app /opt/millrace
ENV PATH=/opt/java/openjdk/bin:$PATH
USER 10001
WORKDIR /data
EXPOSE 8107
ENTRYPOINT ["java", "--enable-native-access=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED", "-jar", "/opt/millrace/quarkus-run.jar"]
