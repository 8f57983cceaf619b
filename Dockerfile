# CCTA Explorer with its embedded model inside: nothing is downloaded at start.
#
#   docker build -t ccta-explorer .
#   docker run --rm -p 8501:8501 ccta-explorer
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

# PyTorch by itself, from the index that has the wanted build; the rest finds it installed.
COPY requirements.txt ./
RUN pip install --index-url "${TORCH_INDEX}" "$(grep '^torch==' requirements.txt)" \
    && pip install -r requirements.txt

COPY LICENSE README.md ./
COPY .streamlit .streamlit
COPY assets assets
COPY core core
COPY dashboard dashboard
COPY pages pages

RUN useradd --create-home --uid 10001 ccta \
    && install -d -o ccta -g ccta /var/lib/ccta /var/lib/ccta/cache
USER ccta

ENV CCTA_CACHE=/var/lib/ccta/cache \
    HF_HUB_OFFLINE=1

# Converts the embedded model into the cache, and fails the build if it cannot be loaded.
RUN python -m core doctor

EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["python", "-m", "dashboard", "--address", "0.0.0.0", "--port", "8501"]
