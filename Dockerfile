# CCTA Explorer with its embedded model inside: nothing is downloaded at start.
#
#   docker build -t ccta-explorer .
#   docker run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges -p 8501:8501 ccta-explorer
#
# Behind a proxy with TLS: deploy/compose.yaml.
#
# CUDA: docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 -t ccta-explorer:cuda .
#       docker run --rm --gpus all -p 8501:8501 ccta-explorer:cuda

FROM python:3.11-slim

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app

# PyTorch by itself, from the index that has the wanted build; the rest finds it installed. The CPU build for Linux x86-64
# is locked with everything else: files that a mirror or a registry gives instead are refused by their hashes.
COPY requirements.txt requirements.lock requirements-torch.lock ./
RUN if [ "$(uname -m) ${TORCH_INDEX##*/}" = "x86_64 cpu" ]; \
    then pip install --no-deps --require-hashes --index-url "${TORCH_INDEX}" -r requirements-torch.lock \
      && pip install --no-deps --require-hashes -r requirements.lock; \
    else pip install --index-url "${TORCH_INDEX}" "$(grep '^torch==' requirements.txt)" \
      && pip install -r requirements.txt; \
    fi \
    && pip check

COPY LICENSE README.md ./
COPY .streamlit .streamlit
COPY assets assets
COPY core core
COPY dashboard dashboard
COPY pages pages

RUN useradd --create-home --uid 10001 ccta \
    && install -d -o ccta -g ccta /var/lib/ccta /var/lib/ccta/cache
USER ccta

# Everything that is written goes into /var/lib/ccta and /tmp: the root may be read-only.
ENV CCTA_CACHE=/var/lib/ccta/cache \
    HF_HOME=/var/lib/ccta/huggingface \
    XDG_CACHE_HOME=/var/lib/ccta/xdg \
    HF_HUB_OFFLINE=1

# Converts the embedded model into the cache, and fails the build if it cannot be loaded.
RUN python -m core doctor

# What visitors leave; a new volume begins with the converted model.
VOLUME /var/lib/ccta

EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["python", "-m", "dashboard", "--address", "0.0.0.0", "--port", "8501"]
